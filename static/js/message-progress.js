// Keeps the progress of a message up to date while its letters are sent. The server says how soon to
// look again, and stops saying so when nothing changes any more. A tab that nobody sees looks
// rarely; a server that does not answer is asked less and less often.
const progress = document.querySelector("[data-progress]");
const stale = document.querySelector("[data-stale]");
const HIDDEN_SECONDS = 60;
const LONGEST_SECONDS = 60;

let timer;
let failures = 0;
let looking = false;

function secondsToWait() {
  const seconds = Number(progress.querySelector("[data-seconds]")?.dataset.seconds);
  if (!seconds) return 0;
  if (document.hidden) return Math.max(seconds, HIDDEN_SECONDS);
  return Math.min(seconds * 2 ** failures, LONGEST_SECONDS);
}

function wait() {
  clearTimeout(timer);
  const seconds = secondsToWait();
  if (seconds) timer = setTimeout(look, seconds * 1000);
}

// Part by part, and only what is different: a link that has the focus keeps it, and a screen reader
// says nothing twice.
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const root = fresh.querySelector("[data-seconds]");
  if (!root) throw new Error("not a progress");
  progress.querySelector("[data-seconds]").dataset.seconds = root.dataset.seconds;
  for (const part of root.querySelectorAll("[data-part]")) {
    const shown = progress.querySelector(`[data-part="${part.dataset.part}"]`);
    if (shown.innerHTML === part.innerHTML) continue;
    const focused = shown.contains(document.activeElement) && document.activeElement.href;
    shown.innerHTML = part.innerHTML;
    if (focused) [...shown.querySelectorAll("a")].find((link) => link.href === focused)?.focus();
  }
}

async function look() {
  if (looking) return;
  looking = true;
  try {
    const response = await fetch(progress.dataset.progress, {
      headers: { "X-Requested-With": "XMLHttpRequest" },
      signal: AbortSignal.timeout(20_000),
    });
    if (!response.ok || response.redirected) throw new Error(response.statusText);
    show(await response.text());
    failures = 0;
  } catch {
    failures += 1;
  }
  looking = false;
  stale.hidden = failures < 2;
  wait();
}

if (progress) {
  wait();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !secondsToWait()) wait();
    else look();
  });
}
