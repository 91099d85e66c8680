// What the editor's kit names and we have switched off: nothing of it is to travel (build.mjs says what stands for what).
export const Code = null;
export const CodeBlock = null;
export const HorizontalRule = null;
export const Strike = null;
export const Underline = null;
export const gapCursor = null;
