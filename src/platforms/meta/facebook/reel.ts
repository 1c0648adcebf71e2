import type { Publication } from "../../platform.ts";
import type { HostedVideo, HostedVideoState } from "./hosted-video.ts";
import { finishVideo, NO_VIDEO_YET, nextVideoStep, prepareVideo, uploadOf } from "./hosted-video.ts";
import { permalinkOf } from "./permalink.ts";
import { settleVideo } from "./settle-video.ts";

/*
 * A reel on a Page. Its id is the video's: reels are in no list of the Page's posts. `finish` is only acknowledged, and
 * the reel is public once it was processed. https://developers.facebook.com/docs/video-api/guides/reels-publishing
 */

export function reelPost(at: HostedVideo): Publication<HostedVideoState> {
  return {
    begin: () => NO_VIDEO_YET,
    next: (state, _draft, now) => nextVideoStep(state, now),

    async run(step, state, io) {
      if (step.effect !== "visible") return prepareVideo(at, step, state, io);
      const { text } = io.draft;
      const description: Record<string, string> = text === "" ? {} : { description: text };
      const finished = await finishVideo(at, { video_state: "PUBLISHED", ...description }, state, io);
      return finished.is === "taken" ? { is: "accepted", state: finished.state } : finished;
    },

    settle(state, armed, io) {
      const { videoId } = uploadOf(state);
      const fresh = { ...NO_VIDEO_YET, rebuilds: state.rebuilds };
      return settleVideo(at.graph, videoId, state, armed, io, fresh, (video) => ({
        id: videoId,
        permalink: video.permalink_url,
      }));
    },

    permalink: (platformPostId, io) => permalinkOf(at.graph, platformPostId, io),
  };
}
