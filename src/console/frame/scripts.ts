/*
 * The scripts of the frame. Every page works without them, but for passkeys, which need one.
 */

/**
 * Shows the buttons that copy, and lets them. What was copied is said to screen readers by the button's own text. Once the page
 * is left, a browser that keeps it has nothing to show again.
 */
export const COPY = `
for (const button of document.querySelectorAll("button[data-copy]")) {
  const label = button.textContent;
  addEventListener("pagehide", () => { document.getElementById(button.dataset.copy).value = ""; });
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
`;

/**
 * Makes a passkey, or signs in with one: asks the address of the form what is to be signed, has it signed, and sends the
 * answer. The form says where (\`data-passkey\`: \`make\` or \`use\`), and what to say meanwhile.
 */
export const PASSKEY = `
const form = document.querySelector("form[data-passkey]");
const said = document.getElementById("passkey-said");
const button = form.querySelector("button");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => buffer && btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const say = (words, tone) => { said.textContent = words; said.className = words === "" ? "" : "notice " + tone; };

async function ask(step, body) {
  const response = await fetch(form.dataset.at + "/" + step, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}

async function make({ challenge, rpId, user }) {
  const { id, rawId, type, response } = await navigator.credentials.create({ publicKey: {
    challenge: bytes(challenge),
    rp: { id: rpId, name: form.dataset.product },
    user: { id: new TextEncoder().encode(user.id), name: user.name, displayName: user.name },
    pubKeyCredParams: [{ alg: -7, type: "public-key" }, { alg: -257, type: "public-key" }],
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
  } });
  return { id, rawId: text(rawId), type, response: {
    attestationObject: text(response.attestationObject),
    authenticatorData: text(response.getAuthenticatorData()),
    clientDataJSON: text(response.clientDataJSON),
    publicKey: text(response.getPublicKey()),
    publicKeyAlgorithm: response.getPublicKeyAlgorithm(),
    transports: response.getTransports(),
  } };
}

async function use({ challenge, rpId }) {
  const { id, rawId, type, response } = await navigator.credentials.get({ publicKey: {
    challenge: bytes(challenge), rpId, userVerification: "required",
  } });
  return { id, rawId: text(rawId), type, response: {
    authenticatorData: text(response.authenticatorData),
    clientDataJSON: text(response.clientDataJSON),
    signature: text(response.signature),
    ...(response.userHandle && { userHandle: text(response.userHandle) }),
  } };
}

if (window.PublicKeyCredential) button.disabled = false;
else say(form.dataset.unsupported, "warn");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    const begun = await ask("begin", Object.fromEntries(new FormData(form)));
    say(form.dataset.waiting, "info");
    const made = await (form.dataset.passkey === "make" ? make : use)(begun);
    const { next } = await ask("finish", { credential: made, next: form.dataset.next });
    location.assign(next);
  } catch (error) {
    say(error instanceof DOMException ? form.dataset.canceled : error.message, "bad");
    button.disabled = false;
  }
});
`;

/**
 * A form is sent once: who presses twice does not send it twice. Should it be, the server does it once all the same. Menus
 * close by Escape, and by a click or the focus elsewhere.
 */
export const FRAME = `
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "true";
});
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

const menus = [...document.querySelectorAll("details.menu")];
const closeOthers = ({ target }) => { for (const menu of menus) if (!menu.contains(target)) menu.open = false; };
addEventListener("click", closeOthers);
addEventListener("focusin", closeOthers);
addEventListener("keydown", ({ key }) => {
  const open = key === "Escape" && menus.find((menu) => menu.open);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
`;
