// Bundles the admin's styles and scripts into ../static/dist, under names that change with their content.
// manifest.json says which file is which; admin/assets.py reads it.
import { build, context } from "esbuild";
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = path.join(here, "..", "static", "dist");

// A dark rule counts twice: when dark is chosen, and when the choice is "auto" and the system is dark. CSS cannot say "or"
// across a media query, so the second copy is written here.
const DARK_RULE = /(?:^|[\s}])((?:[^{}]*\[data-bs-theme=dark\][^{}]*)\{[^{}]*\})/g;

function followTheSystem(css) {
  const rules = [...css.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(DARK_RULE)].map((match) =>
    match[1].trim().replaceAll("[data-bs-theme=dark]", "[data-bs-theme=auto]"),
  );
  return rules.length ? `${css}\n@media (prefers-color-scheme: dark) {\n${rules.join("\n")}\n}\n` : css;
}

const darkTwice = {
  name: "dark-twice",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path: file }) => ({
      contents: followTheSystem(await readFile(file, "utf8")),
      loader: "css",
    }));
  },
};

const writeManifest = {
  name: "manifest",
  setup(builder) {
    builder.onEnd(async ({ metafile, errors }) => {
      if (errors.length) return;
      const outputs = Object.entries(metafile.outputs).filter(([, output]) => output.entryPoint);
      const names = outputs.map(([file, { entryPoint }]) => [path.basename(entryPoint), path.basename(file)]);
      await writeFile(path.join(target, "manifest.json"), JSON.stringify(Object.fromEntries(names.sort()), null, 2) + "\n");
    });
  },
};

// Pieces of the editor's kit that src/js/rich.js switches off.
const UNUSED = ["extension-code", "extension-code-block", "extension-horizontal-rule", "extension-strike", "extension-underline", "pm/gapcursor"];
const alias = Object.fromEntries(UNUSED.map((name) => [`@tiptap/${name}`, path.join(here, "src", "js", "unused.js")]));

const options = {
  absWorkingDir: here,
  entryPoints: ["src/admin.js", "src/composer.js", "src/admin.css", "src/admin.rtl.css"],
  outdir: target,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: ["es2022", "chrome111", "firefox113", "safari16.2"],
  loader: { ".woff2": "file", ".svg": "dataurl" },
  legalComments: "linked",
  alias,
  plugins: [darkTwice, writeManifest],
  logLevel: "info",
};

await rm(target, { recursive: true, force: true });
if (process.argv.includes("--watch")) await (await context(options)).watch();
else await build(options);
