import type { CDPSession, Locator, Page } from "playwright-core";
import type { Foreign } from "./pages.ts";

/*
 * The way of the Tab key through a page.
 */

/** Numbers what the Tab key has to come to, and answers what each is. Of radio buttons it comes to one of a group. */
const NUMBER = `(() => {
  const all = [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, audio[controls], video[controls], [tabindex='0']")];
  const groups = new Map();
  const names = [];
  for (const each of all) {
    if (each.matches("[disabled], [type=hidden], [tabindex='-1']") || !each.checkVisibility({ visibilityProperty: true })) continue;
    if (each.closest("[inert]")) continue;
    const group = each.type === "radio" ? each.form : null;
    const key = group && [...document.forms].indexOf(group) + each.name;
    const known = key === null ? undefined : groups.get(key);
    each.dataset.stop = known ?? names.length;
    if (known !== undefined) continue;
    if (key !== null) groups.set(key, names.length);
    names.push(each.tagName.toLowerCase() + " " + (each.innerText || each.name || each.ariaLabel || ""));
  }
  return names;
})()`;

interface Stop {
  /** The number of what has the focus; null where it has none. */
  stop: number | null;
  name: string;
  isOutlined: boolean;
  isInView: boolean;
}

/** Writes down where the focus is each time that the Tab key is let go. */
const RECORD = `(() => {
  window.walk = [];
  addEventListener("keyup", ({ key }) => { if (key === "Tab") walk.push(look()); });
  function look() {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const { left, right, top, bottom } = at.getBoundingClientRect();
    const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
    const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
    const shown = document.elementFromPoint(x, y);
    return {
      stop: at.dataset.stop === undefined ? null : Number(at.dataset.stop),
      name: at.tagName.toLowerCase() + " " + (at.innerText || at.name || ""),
      isOutlined: outlineStyle !== "none" && parseFloat(outlineWidth) > 0,
      isInView: shown !== null && (at.contains(shown) || shown.contains(at)),
    };
  }
})()`;

/** A field for a time has a stop for each of its parts: so often the focus may stay where it is. */
const MAX_PARTS = 10;

/** What is wrong with a page for whoever has no mouse: what Tab does not come to, and where one does not see that it has. */
export async function keyboardProblems(page: Page, foreign?: Foreign): Promise<string[]> {
  if (foreign) await page.locator(foreign.part).evaluate((part) => part.setAttribute("inert", ""));
  const names = await page.evaluate<string[]>(NUMBER);
  await page.evaluate(RECORD);
  const session = await page.context().newCDPSession(page);
  let passed: Map<number, Stop> | null = null;
  for (let presses = names.length + 1; passed === null; presses = MAX_PARTS) {
    await pressTab(session, presses);
    passed = passedOn(await page.evaluate<(Stop | null)[]>("walk"));
  }
  await session.detach();
  const stops = [...passed.values()];
  return [
    ...stops.filter(({ isOutlined }) => !isOutlined).map(({ name }) => `the focus is not seen on ${name}`),
    ...stops.filter(({ isInView }) => !isInView).map(({ name }) => `the focus is out of view on ${name}`),
    ...names.filter((_, stop) => !passed.has(stop)).map((name) => `Tab does not come to ${name}`),
  ];
}

/** All at once, which takes no answer to be waited for between them. */
async function pressTab(session: CDPSession, times: number): Promise<void> {
  const key = { key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 };
  const sent = Array.from({ length: times }, () => [
    session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key }),
    session.send("Input.dispatchKeyEvent", { type: "keyUp", ...key }),
  ]);
  await Promise.all(sent.flat());
}

/** What a walk has come to; null while it has not ended. It ends where it began, which may be in the middle of the page. */
function passedOn(walk: readonly (Stop | null)[]): Map<number, Stop> | null {
  const passed = new Map<number, Stop>();
  let last: Stop["stop"] = null;
  let stays = 0;
  let leaves = 0;
  for (const now of walk) {
    stays = now?.stop === last ? stays + 1 : 0;
    if (now === null) leaves += 1;
    if (leaves > 1 || stays > MAX_PARTS) return passed;
    if (now === null || now.stop === null || now.stop === last) continue;
    last = now.stop;
    if (passed.has(now.stop)) return passed;
    passed.set(now.stop, now);
  }
  return null;
}

/** Presses Tab until something has the focus. */
export async function tabTo(wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 100; presses += 1) {
    await wanted.page().keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return;
  }
  throw new Error(`Tab does not come to ${wanted}`);
}
