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
