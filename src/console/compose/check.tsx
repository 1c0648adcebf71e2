import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { Problem } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import type { Shown } from "./compose-page.tsx";
import { viewOf } from "./compose-page.tsx";
import { placesOf } from "./findings.ts";
import { chosenOf } from "./form.tsx";
import { Slot, Summary, slotId } from "./found.tsx";
import { Previews } from "./preview.tsx";

/**
 * Answers a script that asks while somebody types: the places of the page that change, with what is found there now, and
 * the preview.
 */
export async function answerCheck(c: Context<AppEnv>, member: Member, shown: Shown): Promise<Response> {
  const view = await viewOf(c, member, shown);
  const { fields, found } = view.sheet;
  const html = (
    <>
      {placesOf(fields).map((place) => (
        <Slot place={place} found={found} fields={fields} />
      ))}
      <div id={slotId("summary")}>
        <Summary member={member} found={found} fields={fields} />
      </div>
      <div id={slotId("preview")}>
        <Previews member={member} fields={fields} accounts={chosenOf(view)} media={view.media} />
      </div>
    </>
  );
  return c.json({ html: String(html) });
}

/** Says to such a script why nothing was looked at. */
export function refuseCheck(c: Context<AppEnv>, _member: Member, problem?: Problem): Response {
  return c.json({ error: { message: problem?.refusal.message ?? "" } }, 400);
}
