import type { Locator } from "playwright-core";
import { tabTo } from "./keyboard.ts";

/*
 * How somebody uses a page: the same things done with a mouse, and without.
 */

export interface Hand {
  /** A link, a button, or what is folded. */
  press(wanted: Locator): Promise<void>;
  fill(field: Locator, text: string): Promise<void>;
  check(box: Locator): Promise<void>;
  /** One of several radio buttons, none or another of which is chosen. */
  choose(radio: Locator): Promise<void>;
  attach(field: Locator, path: string): Promise<void>;
}

export const MOUSE: Hand = {
  press: (wanted) => wanted.click(),
  fill: (field, text) => field.fill(text),
  check: (box) => box.check(),
  choose: (radio) => radio.check(),
  attach: (field, path) => field.setInputFiles(path),
};

export const KEYBOARD: Hand = {
  async press(wanted) {
    await tabTo(wanted);
    await pressKey(wanted, "Enter");
  },
  async fill(field, text) {
    await tabTo(field);
    await field.page().keyboard.type(text);
  },
  async check(box) {
    await tabTo(box);
    await pressKey(box, "Space");
  },
  async choose(radio) {
    // Of radio buttons Tab comes to the chosen one, and arrows lead to the others.
    const group = radio.page().locator(`[name="${await radio.getAttribute("name")}"]:checked`);
    await tabTo(group);
    while (!(await radio.isChecked())) await pressKey(radio, "ArrowDown");
  },
  async attach(field, path) {
    await tabTo(field);
    const asked = field.page().waitForEvent("filechooser");
    // A trip to the page and back: the browser has heard by then that its chooser is to be caught.
    await field.isVisible();
    await pressKey(field, "Enter");
    await (await asked).setFiles(path);
  },
};

function pressKey(at: Locator, key: string): Promise<void> {
  return at.page().keyboard.press(key);
}
