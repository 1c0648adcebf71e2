import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlertBook, Message } from "../../src/alerts/book.ts";
import { EMPTY_BOOK, heed, told } from "../../src/alerts/book.ts";
import type { Condition } from "../../src/alerts/conditions.ts";
import { appQuota, deadLetter, stuck, sweeperSilent } from "../../src/alerts/conditions.ts";

const MINUTE = 60_000;
const wrong = (since: number): Condition => ({ since, words: "Something is stuck." });

/** Looks, and tells as long as it is taken. */
function step(book: AlertBook, isWrong: boolean, isTaken: boolean, now: number, taken: Message[]): AlertBook {
  let next = heed(book, { stuck: isWrong ? wrong(now) : null }, now, true);
  for (let [first] = next.outbox; first && next.nextTryAt <= now; [first] = next.outbox) {
    if (isTaken) taken.push(first);
    next = told(next, first, isTaken, now);
    if (!isTaken) break;
  }
  return next;
}

describe("whoever is told of alerts", () => {
  it("hears of each beginning and each end once, in turn, and in the end how it is, whatever is not taken", () => {
    const steps = fc.array(fc.record({ isWrong: fc.boolean(), isTaken: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.boolean(), (looks, isWrongInTheEnd) => {
        const taken: Message[] = [];
        let book = EMPTY_BOOK;
        let now = 0;
        for (const { isWrong, isTaken } of looks) {
          now += MINUTE;
          book = step(book, isWrong, isTaken, now, taken);
          expect(book.outbox.length).toBeLessThanOrEqual(2);
        }
        // Longer than the longest wait after a failure.
        now += 20 * MINUTE;
        book = step(book, isWrongInTheEnd, true, now, taken);
        expect(taken.map(({ state }) => state)).toEqual(taken.map((_, i) => (i % 2 === 0 ? "firing" : "resolved")));
        expect(taken.at(-1)?.state === "firing").toBe(isWrongInTheEnd);
      }),
    );
  });

  it("hears that it goes on where it began again while its end was told", () => {
    let book = heed(EMPTY_BOOK, { stuck: wrong(1) }, 1, true);
    book = told(book, book.outbox[0] as Message, true, 1);
    book = heed(book, { stuck: null }, 2, true);
    const end = book.outbox[0] as Message;
    book = heed(book, { stuck: wrong(3) }, 3, true);
    book = told(book, end, true, 4);
    book = heed(book, { stuck: wrong(5) }, 5, true);
    expect(book.outbox.map(({ state, since }) => [state, since])).toEqual([["firing", 1]]);
  });

  it("hears nothing of what nobody has looked at", () => {
    const book = heed(EMPTY_BOOK, { stuck: wrong(1) }, 1, true);
    expect(heed(book, {}, 2, true)).toEqual(book);
  });
});

describe("something is wrong", () => {
  it.each([
    ["overdue for five minutes", stuck(0, 5 * MINUTE), stuck(0, 5 * MINUTE - 1)],
    ["given up within the hour", deadLetter(0, 60 * MINUTE - 1), deadLetter(0, 60 * MINUTE)],
    ["no sweep for five minutes", sweeperSilent(0, 5 * MINUTE), sweeperSilent(0, 5 * MINUTE - 1)],
    [
      "an app that is limited, or was five minutes ago",
      appQuota([{ host: "facebook", until: 0, code: "4" }], 5 * MINUTE - 1),
      appQuota([{ host: "facebook", until: 0, code: "4" }], 5 * MINUTE),
    ],
  ])("%s", (_name, condition, none) => {
    expect(condition).not.toBe(null);
    expect(none).toBe(null);
  });
});
