// Tries a bulletin's links to other sites beside the page, which need not wait for them.
const place = document.querySelector("[data-links]");

async function tryLinks() {
  const link = place.innerHTML;
  place.setAttribute("aria-live", "polite");
  place.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(place.dataset.links, {
      headers: { "X-Requested-With": "XMLHttpRequest" },
      signal: AbortSignal.timeout(60_000),
    });
    if (!response.ok || response.redirected) throw new Error(response.statusText);
    place.innerHTML = await response.text();
  } catch {
    place.innerHTML = link;
  }
  place.removeAttribute("aria-busy");
}

if (place) tryLinks();
