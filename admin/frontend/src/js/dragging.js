// How cards and rows are dragged: by their grip, with the page following faster the longer the mouse waits at its edge.
const EDGE = 110; // the bars that stay in sight lie over the first of it
const [SLOW, FAST] = [8, 70];
let [pace, last] = [SLOW, 0];

export const DRAGGING = {
  animation: 140,
  ghostClass: "is-ghost",
  forceFallback: true,
  fallbackTolerance: 4,
  scrollSensitivity: EDGE,
  scrollFn(_, way) {
    if (!way) return "continue";
    const now = performance.now();
    pace = now - last < 150 ? Math.min(pace + 0.6, FAST) : SLOW;
    last = now;
    scrollBy(0, Math.sign(way) * pace);
  },
};
