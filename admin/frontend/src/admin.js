import htmx from "htmx.org";
import { Dropdown, Offcanvas } from "bootstrap";
import { markBusyForms } from "./js/busy.js";
import { wireCopying } from "./js/copying.js";
import { submitOnChange } from "./js/filters.js";
import { stayWithWords } from "./js/staying.js";
import { hideOriginals } from "./js/originals.js";
import { showOpenTab } from "./js/tabs.js";

// Bootstrap's pieces wire themselves by their data attributes once they are imported.
void [Dropdown, Offcanvas, htmx];

// What a script of a page has added may have htmx in it.
document.addEventListener("newsroom:added", ({ target }) => htmx.process(target));
markBusyForms(document);
submitOnChange(document);
hideOriginals(document);
showOpenTab(document);
wireCopying(document);
stayWithWords();
