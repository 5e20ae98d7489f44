// Moves the focus to the summary of a form's errors, where autofocus alone did not, and from a link
// in it to the field that it names (a fragment alone scrolls there, but leaves the cursor behind).
const summary = document.querySelector(".error-summary");

if (summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    (field.closest(".field") ?? field).scrollIntoView();
    field.focus({ preventScroll: true });
  });
}
