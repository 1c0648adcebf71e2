import type { Fields } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import type { Found } from "./findings.ts";
import { DUPLICATE, foundAt, placeOf, placesOf } from "./findings.ts";
import { COMPOSE } from "./strings.ts";

/*
 * How it is shown what was found.
 */

/** What was found at a place. The field that it is for is described by it. */
export function Slot({ place, found, fields }: { place: string; found: readonly Found[]; fields: Fields }) {
  return (
    <div id={slotId(place)} class="found">
      {foundAt(found, fields, place).map((each) => (
        <p class={each.tone === "bad" ? "error" : "caution"}>{inWords(each)}</p>
      ))}
    </div>
  );
}

export function slotId(place: string): string {
  return `found-${place}`;
}

/** What the API says of a field begins with its name there; people know it by its label. */
function inWords({ field, message }: Found): string {
  if (/^(schedule|publish_before)\.local$/.test(field)) return COMPOSE.found.time;
  const path = field.split(".");
  const label = LABELS[path[0] === "options" ? (path[2] ?? "") : (path[0] ?? "")];
  return label && message.startsWith(`${field} `) ? `${label}${message.slice(field.length)}` : message;
}

const LABELS: Readonly<Record<string, string>> = {
  content: COMPOSE.text.title,
  accounts: COMPOSE.accounts.title,
  media: COMPOSE.media.title,
  file: COMPOSE.found.file,
  body: COMPOSE.found.file,
  schedule: COMPOSE.schedule.time,
  publish_before: COMPOSE.schedule.before,
  approval: COMPOSE.approval.expires,
  external_id: COMPOSE.more.externalId,
  link: COMPOSE.options.link,
  first_comment: COMPOSE.options.comment,
  alt_text: COMPOSE.found.altText,
};

/** How many things stand in the way, and those that have no field. Read out when it changes. */
export function Summary({ member, found, fields }: { member: Member; found: readonly Found[]; fields: Fields }) {
  const bad = found.filter(({ tone }) => tone === "bad");
  const places = placesOf(fields);
  const others = found.filter(({ field }) => field !== DUPLICATE && !places.includes(placeOf(field, fields)));
  const duplicate = found.find(({ field }) => field === DUPLICATE);
  return (
    <>
      <p class={bad.length === 0 ? "fine" : "error"}>
        {bad.length === 0 ? COMPOSE.found.none : COMPOSE.found.some(bad.length)}
      </p>
      {others.map((each) => (
        <p class={each.tone === "bad" ? "error" : "caution"}>{each.message}</p>
      ))}
      {duplicate === undefined ? null : <Duplicate member={member} message={duplicate.message} />}
    </>
  );
}

/** That the same was said before, with a way to say it again. */
function Duplicate({ member, message }: { member: Member; message: string }) {
  const [first] = /\bpost_\w+/.exec(message) ?? [];
  return (
    <>
      <p class="error">{COMPOSE.found.duplicate}</p>
      <div class="row">
        {first === undefined ? null : <a href={member.at(`posts/${first}`)}>{COMPOSE.found.first}</a>}
        <button type="submit" class="button" name="do" value="publish_anyway">
          {COMPOSE.found.anyway}
        </button>
      </div>
    </>
  );
}
