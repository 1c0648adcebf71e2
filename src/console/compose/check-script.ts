/**
 * Counts, and asks while somebody types what stands in the way: the answer has the places of the page that change. What is
 * written is kept in the tab until the server has said, by a cookie, that it took that form.
 */
export const CHECKS = `
const form = document.getElementById("compose");
const draft = document.getElementById("draft");
const KEY = form.dataset.draft;
const WAIT = 400;

function count() {
  const text = form.elements.content.value;
  for (const each of form.querySelectorAll("[data-counts]")) {
    const own = form.elements[each.dataset.counts + "_content"].value;
    const length = [...(own.trim() === "" ? text : own)].length;
    const max = Number(each.dataset.max);
    each.lastElementChild.textContent = form.dataset.count
      .replace("{count}", length.toLocaleString("en")).replace("{max}", max.toLocaleString("en"));
    each.classList.toggle("error", length > max);
  }
}

let timer;
let asked = 0;
async function check() {
  clearTimeout(timer);
  const number = ++asked;
  const body = new FormData(form);
  body.delete("files");
  const response = await fetch(form.getAttribute("action") + "/check", { method: "POST", body }).catch(() => null);
  const isAnswer = response?.ok && response.headers.get("Content-Type")?.includes("json");
  const answer = isAnswer ? await response.json().catch(() => null) : null;
  if (number !== asked) return;
  if (answer) show(answer.html);
  else sayUnanswered();
}

/** What was found before may hold no more. The next change is checked again. */
function sayUnanswered() {
  const said = Object.assign(document.createElement("p"), { className: "caution", textContent: form.dataset.unanswered });
  document.getElementById("found-summary").replaceChildren(said);
}

function show(html) {
  for (const made of [...new DOMParser().parseFromString(html, "text/html").body.children]) {
    const place = document.getElementById(made.id);
    if (!place || place.innerHTML === made.innerHTML) continue;
    keepMedia(place, made);
    place.replaceChildren(...made.childNodes);
  }
  for (const field of form.querySelectorAll("input[aria-describedby], textarea, select")) {
    const places = (field.getAttribute("aria-describedby") ?? "").split(" ");
    const isBad = places.some((id) => document.getElementById(id)?.querySelector(".error"));
    if (isBad) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

/** What is shown already is not loaded again. */
function keepMedia(place, made) {
  const old = [...place.querySelectorAll("[src]")];
  for (const each of made.querySelectorAll("[src]")) {
    const index = old.findIndex((other) => other.getAttribute("src") === each.getAttribute("src"));
    if (index === -1) continue;
    const [same] = old.splice(index, 1);
    same.alt = each.alt;
    each.replaceWith(same);
  }
}

function keepText() {
  const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  sessionStorage.setItem(KEY, JSON.stringify(fields));
}

function putBack(fields) {
  const again = Object.assign(document.createElement("form"), {
    method: "post", action: form.getAttribute("action"), enctype: "multipart/form-data", hidden: true,
  });
  for (const [name, value] of [...fields, ["do", "check"]]) {
    const field = Object.assign(document.createElement("textarea"), { name, value });
    again.append(field);
  }
  document.body.append(again);
  again.submit();
}

const taken = /(?:^|; )apionics_taken=([^;]+)/.exec(document.cookie)?.[1];
const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
if (kept?.some(([name, value]) => name === "form_id" && value === taken)) sessionStorage.removeItem(KEY);
else if (kept && draft) {
  draft.hidden = false;
  document.getElementById("draft-restore").addEventListener("click", () => putBack(kept));
  document.getElementById("draft-forget").addEventListener("click", () => {
    sessionStorage.removeItem(KEY);
    draft.hidden = true;
    form.elements.content.focus();
  });
}
if (!draft) keepText();

form.addEventListener("input", () => {
  count();
  keepText();
  clearTimeout(timer);
  timer = setTimeout(check, WAIT);
});
form.addEventListener("submit", (event) => {
  keepText();
  if (event.submitter?.value !== "check") return;
  event.preventDefault();
  check();
});
count();
`;
