import type { Millis } from "../../../lib/clock.ts";
import type { Io, Outcome, Publication } from "../../platform.ts";
import { faultOfAnswer, missingField, provesRefusal } from "../faults.ts";
import type { Graph } from "../graph.ts";
import { GRAPH_ID } from "../nodes.ts";
import type { StagedPhoto } from "./photos.ts";
import { STAGED_LIFE, stagePhoto } from "./photos.ts";
import { settleStory, storyPermalink } from "./stories.ts";

/** A photo as a story on a Page: the photo is staged, and its id is the handle. */
export type PhotoStoryState = { photo: StagedPhoto | null; absentAt: Millis[] };

export function photoStory(graph: Graph): Publication<PhotoStoryState> {
  return {
    begin: () => ({ photo: null, absentAt: [] }),

    next({ photo }, _draft, now) {
      const isStaged = photo !== null && now < photo.stagedAt + STAGED_LIFE;
      return isStaged ? { name: "story", effect: "visible" } : { name: "photo/0", effect: "hidden" };
    },

    async run(step, state, io) {
      if (step.effect === "visible") return publish(graph, state, io);
      const staged = await stagePhoto(graph, 0, io);
      if (staged.is === "fault") return { is: "refused", fault: staged.fault, state };
      return { is: "done", state: { ...state, photo: staged.photo } };
    },

    async settle(state, armed, io) {
      if (!state.photo) throw new Error("a commit was armed without a photo");
      return settleStory(graph, state.photo.id, state, armed, io);
    },

    permalink: (platformPostId, io) => storyPermalink(graph, platformPostId, io),
  };
}

async function publish(graph: Graph, state: PhotoStoryState, io: Io): Promise<Outcome<PhotoStoryState>> {
  if (!state.photo) throw new Error("there is no photo to publish");
  const params = { photo_id: state.photo.id };
  const answer = await graph.commit(io, `${io.connection.externalId}/photo_stories`, params);
  if (answer.is === "ok") {
    const postId = GRAPH_ID.safeParse(answer.body.post_id).data;
    if (postId === undefined) return { is: "unknown", fault: missingField("post_id") };
    return { is: "live", post: { id: postId, permalink: null } };
  }
  const fault = faultOfAnswer(answer, io.now());
  if (answer.is === "lost" || !provesRefusal(answer.error)) return { is: "unknown", fault };
  return { is: "refused", fault, state };
}
