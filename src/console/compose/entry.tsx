import type { Child } from "hono/jsx";
import type { Fields } from "../access/form.ts";
import { FRAME } from "../strings.ts";
import { textOf } from "./body.ts";
import type { Found } from "./findings.ts";
import { foundAt } from "./findings.ts";
import { Slot, slotId } from "./found.tsx";
import { COMPOSE } from "./strings.ts";

/*
 * Fields at which something can be found at any time, also while somebody types.
 */

/** What a form shows: what is filled in, and what was found in it. */
export interface Sheet {
  fields: Fields;
  found: readonly Found[];
}

interface EntryView {
  sheet: Sheet;
  name: string;
  label: string;
  hint?: Child;
  isOptional?: boolean;
  /** Where a heading says the same. */
  isLabelHidden?: boolean;
  control: (tied: Record<string, string>, value: string) => Child;
}

/** @param control the control, which takes over the attributes that tie it to its label, its hint and what is found */
export function Entry(view: EntryView) {
  const { sheet, name, label, hint, isOptional, isLabelHidden, control } = view;
  const isBad = foundAt(sheet.found, sheet.fields, name).some(({ tone }) => tone === "bad");
  const tied = {
    id: name,
    name,
    class: "input",
    "aria-describedby": `${hint === undefined ? "" : `${name}-hint `}${slotId(name)}`,
    ...(isBad && { "aria-invalid": "true" }),
  };
  return (
    <div class="field">
      <label for={name} {...(isLabelHidden && { class: "visually-hidden" })}>
        {label}
        {isOptional ? <span class="soft"> ({FRAME.optional})</span> : null}
      </label>
      {hint === undefined ? null : (
        <span class="hint" id={`${name}-hint`}>
          {hint}
        </span>
      )}
      {control(tied, textOf(sheet.fields, name))}
      <Slot place={name} found={sheet.found} fields={sheet.fields} />
    </div>
  );
}

/** A text of several lines. */
export function TextEntry({ rows, ...view }: Omit<EntryView, "control"> & { rows: number }) {
  return (
    <Entry
      {...view}
      control={(tied, value) => (
        // The parser takes the first line break away.
        <textarea {...tied} rows={rows}>{`\n${value}`}</textarea>
      )}
    />
  );
}

/** A date and a time on the workspace's clock. */
export function TimeEntry({ zone, hint, ...view }: Omit<EntryView, "control"> & { zone: string }) {
  return (
    <Entry
      {...view}
      hint={hint === undefined ? COMPOSE.zone(zone) : [hint, " ", COMPOSE.zone(zone)]}
      control={(tied, value) => <input {...tied} type="datetime-local" value={value} />}
    />
  );
}
