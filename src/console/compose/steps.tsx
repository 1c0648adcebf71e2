import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { Fields, SentForm } from "../access/form.ts";
import { canBeMended } from "../access/form.ts";
import type { Member } from "../access/member.ts";
import { showCompose } from "./compose-page.tsx";
import { takeFiles } from "./files.ts";
import type { Found } from "./findings.ts";

/*
 * What the buttons of the form do. All but those that send it bring it back as they leave it, for who has no scripts.
 */

/** What a form is for: a new post, or one that exists. */
export interface Use {
  postId?: string;
  /** The dry run. */
  look(fields: Fields): Promise<Found[]>;
  /** Makes or changes the post, and leads on. @throws Refusal with every field at fault */
  send(fields: Fields): Promise<Response>;
}

/** Takes the files that have come along, and does what the button that was pressed is for. */
export async function takeStep(c: Context<AppEnv>, member: Member, form: SentForm, use: Use): Promise<Response> {
  const step = form.text("do");
  const taken = await takeFiles(c, member, form);
  const fields = afterStep(taken.fields, step);
  const shown = use.postId === undefined ? { fields } : { fields, postId: use.postId };
  if (taken.refusal) return showCompose(c, member, { ...shown, refusal: taken.refusal });
  if (step === "check") return showCompose(c, member, { ...shown, found: await use.look(fields) });
  if (step !== "send" && step !== "publish_anyway") return showCompose(c, member, shown);
  try {
    return await use.send(fields);
  } catch (error) {
    if (!(error instanceof Refusal) || !canBeMended(error)) throw error;
    return showCompose(c, member, { ...shown, refusal: error });
  }
}

/** @param step `up.media_1`, `down.media_1`, `remove.media_1` or `publish_anyway`; anything else changes nothing */
function afterStep(fields: Fields, step: string): Fields {
  if (step === "publish_anyway") return { ...fields, allow_duplicate: ["true"] };
  const [name, id = ""] = step.split(".");
  const media = fields.media ?? [];
  const from = media.indexOf(id);
  if (from === -1) return fields;
  const others = media.filter((each) => each !== id);
  if (name === "remove") return { ...fields, media: others };
  if (name !== "up" && name !== "down") return fields;
  const to = Math.max(0, name === "up" ? from - 1 : from + 1);
  return { ...fields, media: others.toSpliced(to, 0, id) };
}
