// Adds the reader's own time after each time of an event, where their clock shows another one. What
// the clock at the venue shows comes with the page, so that no zone but the reader's is needed.
const template = document.querySelector("#local-time");
const { lang } = document.documentElement;
const language = lang === "en" ? "en-GB" : lang;
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const day = { weekday: "long", day: "numeric", month: "long" };

// As the attributes have it: 2027-03-10T15:00.
const onThisClock = (date) => {
  const two = (number) => String(number).padStart(2, "0");
  const days = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${days}T${two(date.getHours())}:${two(date.getMinutes())}`;
};

const inWords = (starts, ends, options) => {
  const format = new Intl.DateTimeFormat(language, options);
  return ends ? format.formatRange(starts, ends) : format.format(starts);
};

const zoneOf = (date) =>
  new Intl.DateTimeFormat(language, { timeZoneName: "long" })
    .formatToParts(date)
    .find((part) => part.type === "timeZoneName")?.value;

for (const time of template ? document.querySelectorAll("time[data-there]") : []) {
  const { there, ends: end, endsThere = there } = time.dataset;
  const starts = new Date(time.dateTime);
  const ends = end ? new Date(end) : null;
  const here = onThisClock(starts);
  const endsHere = ends ? onThisClock(ends) : here;
  if (here === there && endsHere === endsThere) continue;

  const days = new Set([here, endsHere, there, endsThere].map((minute) => minute.slice(0, 10)));
  const years = new Set([here, endsHere, there, endsThere].map((minute) => minute.slice(0, 4)));
  const options = {
    ...(days.size > 1 && day),
    ...(years.size > 1 && { year: "numeric" }),
    ...clock,
  };
  const local = template.content.firstElementChild.cloneNode(true);
  const shown = local.querySelector("time");
  shown.dateTime = time.dateTime;
  shown.textContent = inWords(starts, ends, options);
  const zone = "brief" in time.dataset ? null : zoneOf(starts);
  if (zone) local.append(` (${zone})`);
  (time.closest(".event-time") ?? time).after(" ", local);
}
