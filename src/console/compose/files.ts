import type { Context } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { MediaRow } from "../../db/media.ts";
import { Refusal } from "../../lib/refusal.ts";
import { receiveFormFile } from "../../media/receive.ts";
import type { Fields, SentForm } from "../access/form.ts";
import { doOnce } from "../access/form-once.ts";
import type { Member } from "../access/member.ts";

/**
 * Takes the files that a form carries where no script has uploaded them before. Each is media once, however often the form
 * is sent.
 *
 * @returns the fields with the media at its end, and what the first of the files was refused for that are no media
 */
export async function takeFiles(
  c: Context<AppEnv>,
  member: Member,
  { fields }: SentForm,
): Promise<{ fields: Fields; refusal: Refusal | null }> {
  const files = (await c.req.formData()).getAll("files").filter((each) => typeof each !== "string");
  // A file field that nobody has used is sent with a file that has neither name nor content.
  const chosen = files.filter(({ name, size }) => name !== "" || size > 0);
  if (chosen.length > 0 && !member.may("media:write")) throw new Refusal("forbidden", "The role does not allow it.");
  const media = [...(fields.media ?? [])];
  let refusal: Refusal | null = null;
  for (const [index, file] of chosen.entries()) {
    const sent = { ...fields, files: [String(index), file.name, String(file.size)] };
    try {
      const row = await doOnce<MediaRow>(c, member, sent, (change) =>
        receiveFormFile(c.var.services, member.scope, file, change),
      );
      media.push(row.id);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal ??= error;
    }
  }
  return { fields: { ...fields, media }, refusal };
}
