import type { Publication, Verdict } from "../../platform.ts";
import type { HostedVideo, HostedVideoState } from "./hosted-video.ts";
import { finishVideo, NO_VIDEO_YET, nextVideoStep, prepareVideo, uploadOf } from "./hosted-video.ts";
import { failedFor, PROCESSING_WAIT } from "./settle-video.ts";
import { settleStory, storyPermalink } from "./stories.ts";
import { progressOf, readVideo } from "./video-node.ts";

/** A video as a story on a Page. Its id is the handle by which the story is found. */
export function videoStory(at: HostedVideo): Publication<HostedVideoState> {
  return {
    begin: () => NO_VIDEO_YET,
    next: (state, _draft, now) => nextVideoStep(state, now),

    async run(step, state, io) {
      return step.effect === "visible" ? finishVideo(at, {}, state, io) : prepareVideo(at, step, state, io);
    },

    async settle(state, armed, io): Promise<Verdict<HostedVideoState>> {
      const { videoId } = uploadOf(state);
      const verdict = await settleStory(at.graph, videoId, state, armed, io);
      if (verdict.is === "did") return verdict;
      // Not in the list (yet): the video itself says whether it ever will be.
      const read = await readVideo(at.graph, videoId, io);
      const later = { is: "askLater", state, until: io.now() + io.scaled(PROCESSING_WAIT) } as const;
      if (read.is === "fault") return { ...later, fault: read.fault };
      const progress = progressOf(read.video, io.now());
      const fresh = { ...NO_VIDEO_YET, rebuilds: state.rebuilds };
      if (progress.is === "failed") {
        if (verdict.is !== "didNot") return verdict;
        return { is: "didNot", state: fresh, fault: failedFor(progress.fault, state.accepted) };
      }
      // Some say that the list leaves stories out: then the id that came with the acknowledgement must do.
      if (progress.is === "public" && state.postId !== null && (await io.claim(state.postId))) {
        return { is: "did", post: { id: state.postId, permalink: null } };
      }
      const mayCome = state.accepted || progress.is === "under_way" || progress.is === "public";
      return mayCome ? later : verdict;
    },

    permalink: (platformPostId, io) => storyPermalink(at.graph, platformPostId, io),
  };
}
