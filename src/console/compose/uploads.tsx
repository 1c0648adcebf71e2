import type { Context } from "hono";
import { Hono } from "hono";
import * as z from "zod";
import type { AppEnv } from "../../api/context.ts";
import { ERRORS } from "../../api/errors.ts";
import type { Change } from "../../db/change.ts";
import type { MediaRow } from "../../db/media.ts";
import { newSecret } from "../../lib/crypto.ts";
import { invalid, Refusal } from "../../lib/refusal.ts";
import { receiveBody } from "../../media/receive.ts";
import { announcedLength } from "../../media/store-bytes.ts";
import type { PartedUpload } from "../../media/uploads.ts";
import { completeUpload, MAX_UPLOAD_BYTES, receivePart, startUpload } from "../../media/uploads.ts";
import { doOnce } from "../access/form-once.ts";
import type { Member } from "../access/member.ts";
import { pagePath } from "../access/member.ts";
import type { MemberHandler } from "../access/member-route.ts";
import { memberRoute } from "../access/member-route.ts";
import { FORM_ID } from "../frame/components.tsx";
import { readJson } from "../passkey-steps.ts";
import { MediaItem } from "./media-field.tsx";

/*
 * How a script brings files, one by one and at once: small ones in one piece, others in parts. Answers are JSON.
 */

export const uploadRoutes = new Hono<AppEnv>();

uploadRoutes.post(
  pagePath("compose/media"),
  receive(async (c, member) => {
    const { body, headers } = c.req.raw;
    if (!body) throw invalid("body", "A file is required.");
    const file = { body, length: announcedLength(headers) };
    const row = await anew<MediaRow>(c, member, (change) => receiveBody(c.var.services, member.scope, file, change));
    return c.json({ html: itemOf(member, row) });
  }),
);

const START = z.object({ bytes: z.number().int().min(1).max(MAX_UPLOAD_BYTES), name: z.string().max(255) });

uploadRoutes.post(
  pagePath("compose/uploads"),
  receive(async (c, member) => {
    const sent = START.safeParse(await readJson(c));
    if (!sent.success) throw invalid("file", "A file has at least one byte, and at most a gibibyte.");
    const file = { bytes: sent.data.bytes, fileName: sent.data.name || null };
    const { id, parts, partBytes } = await anew<PartedUpload>(c, member, (change) =>
      startUpload(c.var.services, member.scope, file, change),
    );
    return c.json({ id, parts, partBytes });
  }),
);

uploadRoutes.put(
  pagePath("compose/uploads/:upload_id/parts/:number{[1-9][0-9]{0,4}}"),
  receive(async (c, member) => {
    const { body, headers } = c.req.raw;
    const [uploadId = "", number] = [c.req.param("upload_id"), Number(c.req.param("number"))];
    const part = { uploadId, number, body, length: announcedLength(headers) };
    const { receivedParts } = await anew<PartedUpload>(c, member, (change) =>
      receivePart(c.var.services, member.scope, part, change),
    );
    return c.json({ receivedParts });
  }),
);

uploadRoutes.post(
  pagePath("compose/uploads/:upload_id/complete"),
  receive(async (c, member) => {
    const id = c.req.param("upload_id") ?? "";
    const row = await anew<MediaRow>(c, member, (change) => completeUpload(c.var.services, member.scope, id, change));
    return c.json({ html: itemOf(member, row) });
  }),
);

function receive(handler: MemberHandler) {
  return memberRoute("media:write", async (c, member) => {
    try {
      return await handler(c, member);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return c.json({ error: { message: error.message } }, ERRORS[error.code].status);
    }
  });
}

/** Makes a change that is asked for by no form: sent again, it is another one. */
function anew<Outcome>(c: Context<AppEnv>, member: Member, run: (change: Change<Outcome>) => Promise<Outcome>) {
  return doOnce(c, member, { [FORM_ID]: [newSecret()] }, run);
}

/** The media as it stands in the form. */
function itemOf(member: Member, row: MediaRow): string {
  return String(<MediaItem member={member} sheet={{ fields: { media: [row.id] }, found: [] }} id={row.id} row={row} />);
}
