import type { Millis } from "../../lib/clock.ts";
import type { Problem } from "../access/form.ts";
import { filledIn, problemOf } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { Card, Form } from "../frame/components.tsx";
import { SelectField, TextField } from "../frame/fields.tsx";
import { Time } from "../frame/time.tsx";
import { FEED } from "./strings.ts";

const WORDS = FEED.clock;

/** Test mode's clock, and a form to move it for who may publish. @param now what it shows */
export function ClockCard({ member, now, problem }: { member: Member; now: Millis; problem: Problem | undefined }) {
  const path = member.at("feed/clock");
  return (
    <Card id="clock" title={WORDS.title} lead={WORDS.lead}>
      <p>
        {WORDS.now} <Time at={now} zone={member.workspace.timeZone} />.
      </p>
      {member.may("posts:write") ? (
        <Form action={path}>
          <TextField
            name="advance_seconds"
            label={WORDS.by}
            value={filledIn(problem, path, "advance_seconds", "1")}
            error={problemOf(problem, path, "advance_seconds")}
            attributes={{ inputmode: "numeric" }}
          />
          <SelectField
            name="unit"
            label={WORDS.unit}
            value={filledIn(problem, path, "unit", "hours")}
            options={Object.entries(WORDS.units)}
          />
          <div>
            <button type="submit" class="button">
              {WORDS.button}
            </button>
          </div>
        </Form>
      ) : null}
    </Card>
  );
}
