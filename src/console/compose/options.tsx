import type { PlatformId } from "../../lib/vocabulary.ts";
import { LIVE_PLATFORMS, PLATFORM_NAMES } from "../../lib/vocabulary.ts";
import { PlatformMark } from "../frame/post-parts.tsx";
import { OPTIONS, textOf } from "./body.ts";
import type { Sheet } from "./entry.tsx";
import { Entry, TextEntry } from "./entry.tsx";
import { foundAt } from "./findings.ts";
import { COMPOSE } from "./strings.ts";

const WORDS = COMPOSE.options;

/** What only one platform has. Scripts hide what is of a platform that no account is chosen on. */
export function PlatformOptionFields({ sheet }: { sheet: Sheet }) {
  return (
    <>
      {LIVE_PLATFORMS.map((platform) => (
        <details class="card options" data-options={platform} {...(isUsed(sheet, platform) && { open: true })}>
          <summary>
            <PlatformMark platform={platform} isNamed={true} /> {WORDS.title(PLATFORM_NAMES[platform])}
          </summary>
          <TypeEntry sheet={sheet} platform={platform} />
          {OPTIONS[platform].includes("link") ? (
            <Entry
              sheet={sheet}
              name={`${platform}_link`}
              label={WORDS.link}
              hint={WORDS.linkHint}
              isOptional={true}
              control={(tied, value) => <input {...tied} type="url" inputmode="url" value={value} />}
            />
          ) : null}
          <TextEntry
            sheet={sheet}
            name={`${platform}_content`}
            label={WORDS.content}
            hint={WORDS.contentHint(PLATFORM_NAMES[platform])}
            isOptional={true}
            rows={3}
          />
          <TextEntry
            sheet={sheet}
            name={`${platform}_first_comment`}
            label={WORDS.comment}
            hint={WORDS.commentHint}
            isOptional={true}
            rows={2}
          />
        </details>
      ))}
    </>
  );
}

/** Nothing that is filled in, or wrong, is folded away. */
function isUsed({ fields, found }: Sheet, platform: PlatformId): boolean {
  return OPTIONS[platform].some((name) => {
    const field = `${platform}_${name}`;
    return textOf(fields, field) !== "" || foundAt(found, fields, field).length > 0;
  });
}

function TypeEntry({ sheet, platform }: { sheet: Sheet; platform: PlatformId }) {
  return (
    <Entry
      sheet={sheet}
      name={`${platform}_type`}
      label={WORDS.type}
      control={(tied, chosen) => (
        <select {...tied}>
          {Object.entries(WORDS.types).map(([value, label]) => (
            <option value={value} {...(value === chosen && { selected: true })}>
              {label}
            </option>
          ))}
        </select>
      )}
    />
  );
}
