// Where tabs or filters do not fit beside each other, the one that is open stands in sight.
export function showOpenTab(root) {
  root.querySelectorAll(":is(.tabs, .chips) [aria-current]").forEach((open) => {
    const tabs = open.closest(".tabs, .chips");
    const [own, all] = [open.getBoundingClientRect(), tabs.getBoundingClientRect()];
    tabs.scrollLeft += own.left + own.width / 2 - all.left - all.width / 2;
  });
}
