/*
 * The scripts of the form. They add to it: without them the same is done by its buttons.
 */

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
  const answer = isAnswer ? await response.json() : null;
  if (answer && number === asked) show(answer.html);
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

/**
 * Uploads files one after another, so that they stand in the order in which they were chosen: large ones in parts, each of
 * which is tried again. Moves and removes media in place.
 */
export const UPLOADS = `
const form = document.getElementById("compose");
const list = document.getElementById("media-list");
const rows = document.getElementById("uploads");
const drop = document.getElementById("drop");
const files = document.getElementById("files");
const said = document.getElementById("media-said");
const words = JSON.parse(form.dataset.words);
const base = form.dataset.uploads;
const WHOLE = 20 * 1024 * 1024;
const TRIES = 3;

const fill = (text, values) => text.replace(/\\{(\\w+)\\}/g, (_, name) => values[name]);
const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

/** What the server refuses is told in its words; what broke may be tried again. */
class Refused extends Error {}

function send(method, path, body, job, sent = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    job.request = request;
    request.open(method, base + path);
    request.responseType = "json";
    if (typeof body === "string") request.setRequestHeader("Content-Type", "application/json");
    else if (body) request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded }) => sent(loaded);
    request.onerror = () => reject(new Error(fill(words.failed, job.file)));
    request.onabort = () => reject(null);
    request.onload = () => {
      const { status, response, responseURL } = request;
      if (status === 200 && response) resolve(response);
      else if (response?.error) reject(new Refused(job.file.name + ": " + response.error.message));
      else if (responseURL.includes("/sign-in")) reject(new Error(fill(words.signedOut, job.file)));
      else reject(new Error(fill(words.failed, job.file)));
    };
    request.send(body);
  });
}

async function upload(job) {
  const { file, bar } = job;
  if (file.size <= WHOLE) return send("POST", "/media", file, job, (loaded) => { bar.value = loaded; });
  const about = JSON.stringify({ bytes: file.size, name: file.name.slice(0, 255) });
  job.begun ??= await send("POST", "/uploads", about, job);
  const { id, parts, partBytes } = job.begun;
  while (job.done < parts) {
    const from = job.done * partBytes;
    const part = file.slice(from, from + partBytes);
    const path = "/uploads/" + id + "/parts/" + (job.done + 1);
    await again(() => send("PUT", path, part, job, (loaded) => { bar.value = from + loaded; }), job);
    job.done += 1;
  }
  return send("POST", "/uploads/" + id + "/complete", null, job);
}

async function again(run, job) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (job.isCanceled || error === null || error instanceof Refused || attempt === TRIES) throw error;
    }
  }
}

let queue = Promise.resolve();
function start(job) {
  const { row, bar, file } = job;
  const label = document.createElement("span");
  label.textContent = fill(words.uploading, file);
  bar.max = file.size || 1;
  bar.value = 0;
  bar.setAttribute("aria-label", label.textContent);
  row.replaceChildren(label, bar, button(words.cancel, () => {
    job.isCanceled = true;
    job.request?.abort();
    row.remove();
    files.focus();
  }));
  row.dataset.running = "";
  queue = queue.then(() => job.isCanceled || run(job));
}

async function run(job) {
  try {
    const { html } = await upload(job);
    if (job.isCanceled) return;
    const hadFocus = job.row.contains(document.activeElement);
    list.insertAdjacentHTML("beforeend", html);
    job.row.remove();
    if (hadFocus) files.focus();
    said.textContent = fill(words.added, job.file);
    changed();
  } catch (error) {
    if (!job.isCanceled) fail(job, error);
  }
}

function fail(job, error) {
  const message = document.createElement("span");
  message.className = "error";
  message.setAttribute("role", "alert");
  delete job.row.dataset.running;
  const dismiss = button(words.dismiss, () => { job.row.remove(); files.focus(); });
  const retry = button(words.retry, () => start(job));
  job.row.replaceChildren(message, ...(error instanceof Refused ? [dismiss] : [retry, dismiss]));
  message.textContent = error?.message ?? fill(words.failed, job.file);
}

function button(label, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: label });
  made.addEventListener("click", act);
  return made;
}

function take(chosen) {
  for (const file of chosen) {
    const job = { file, row: document.createElement("li"), bar: document.createElement("progress"), done: 0 };
    job.row.className = "upload";
    rows.append(job.row);
    start(job);
  }
}

if (drop) {
  files.addEventListener("change", () => { take([...files.files]); files.value = ""; });
  // A file that misses its place would be opened instead of this page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
  form.addEventListener("dragover", () => drop.classList.add("over"));
  for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => drop.classList.remove("over"));
  form.addEventListener("drop", ({ dataTransfer }) => take([...dataTransfer.files]));
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "check" || !rows.querySelector("[data-running]")) return;
    event.preventDefault();
    said.textContent = words.waiting;
    drop.scrollIntoView({ block: "center" });
    document.getElementById("found-media").replaceChildren(
      Object.assign(document.createElement("p"), { className: "error", textContent: words.waiting }),
    );
  });
}

list.addEventListener("click", (event) => {
  const pressed = event.target.closest("button[name=do]");
  if (!pressed) return;
  event.preventDefault();
  const item = pressed.closest("[data-media]");
  const [step] = pressed.value.split(".");
  if (step === "remove") {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    (next?.querySelector("button") ?? files)?.focus();
    said.textContent = words.removed;
  } else {
    if (step === "up") item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    pressed.focus();
    const place = [...list.children].indexOf(item) + 1;
    said.textContent = fill(words.moved, { place, count: list.children.length });
  }
  changed();
});
`;
