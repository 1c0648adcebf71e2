import * as z from "zod";
import type { Millis } from "../../lib/clock.ts";
import type { Draft, Fault, Publication } from "../platform.ts";
import { isSimilarText, normaliseText } from "../similarity.ts";
import { absentFromListing } from "./absence.ts";
import { faultOfAnswer, missingField, provesRefusal, UNREADABLE_WAIT } from "./faults.ts";
import type { Graph } from "./graph.ts";
import { listEdge } from "./listing.ts";
import { GRAPH_ID, GRAPH_NODE } from "./nodes.ts";

/*
 * A comment of the account's own under its own post. It leaves no handle; it is found again among the comments of the
 * one post, by its text.
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media/comments
 * https://developers.facebook.com/docs/graph-api/reference/object/comments
 */

export type CommentState = { absentAt: Millis[] };

const ROW = z.object({
  id: GRAPH_ID,
  /** Instagram's word for what it says, and Facebook's. */
  text: z.string().nullish(),
  message: z.string().nullish(),
  from: z.object({ id: GRAPH_ID }).partial().nullish(),
});

/** @param fields what the platform is asked for of each comment */
export function commentPublication(graph: Graph, fields: string): Publication<CommentState> {
  return {
    begin: () => ({ absentAt: [] }),
    next: () => ({ name: "comment", effect: "visible" }),

    async run(_step, state, io) {
      const answer = await graph.commit(io, `${parentOf(io.draft)}/comments`, { message: io.draft.text });
      if (answer.is === "ok") {
        const node = GRAPH_NODE.safeParse(answer.body);
        if (!node.success) return { is: "unknown", fault: missingField("id") };
        return { is: "live", post: { id: node.data.id, permalink: null } };
      }
      const fault = ofTheCommentAlone(faultOfAnswer(answer, io.now()));
      if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
      return { is: "refused", fault, state };
    },

    async settle(state, armed, io) {
      const listed = await listEdge(graph, io, `${parentOf(io.draft)}/comments`, { fields, limit: "100" }, ROW);
      const rows = listed.rows.map(({ id, text, message, from }) => ({
        id,
        text: text ?? message ?? "",
        from: from?.id,
      }));
      const ours = normaliseText(io.draft.text);
      // By its text alone: the platforms name authors by ids of another kind. Nobody else says the same below a new post.
      const equal = rows.filter(({ text }) => normaliseText(text) === ours);
      for (const id of await io.unclaimed(equal.map((row) => row.id))) {
        if (await io.claim(id)) return { is: "did", post: { id, permalink: null } };
      }
      const later = { is: "askLater", state, until: io.now() + io.scaled(UNREADABLE_WAIT) } as const;
      if (listed.is === "incomplete") return { ...later, fault: ofTheCommentAlone(listed.fault) };
      const couldBeOurs = rows.filter(
        ({ text, from }) => isSimilarText(text, io.draft.text) || from === io.connection.externalId,
      );
      const saw = couldBeOurs.map(({ id }) => ({ id, permalink: null }));
      if (saw.length > 0) return { ...later, state: { absentAt: [] }, saw };
      return absentFromListing(state, armed, io);
    },

    permalink: async () => null,
  };
}

function parentOf(draft: Draft): string {
  if (draft.parentId === null) throw new Error("a comment has no post to belong to");
  return draft.parentId;
}

/** What comments alone meet must not make the account look disconnected, or hold its posts back. */
function ofTheCommentAlone(fault: Fault): Fault {
  const isToken = /^(190|102)\b/.test(fault.code);
  if (fault.kind === "reauth" && !isToken) return { ...fault, kind: "permanent", scope: "post" };
  return fault.kind === "quota" && fault.holds === "posts" ? { ...fault, scope: "post" } : fault;
}
