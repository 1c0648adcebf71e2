import type { Publication } from "../../platform.ts";
import type { HostedVideo, HostedVideoState } from "./hosted-video.ts";
import { finishVideo, NO_VIDEO_YET, nextVideoStep, prepareVideo, uploadOf } from "./hosted-video.ts";
import { permalinkOf } from "./permalink.ts";
import { settleVideo } from "./settle-video.ts";

/*
 * A reel on a Page. Reels are in no list of the Page's posts: the video is the handle. https://developers.facebook.com/docs/video-api/guides/reels-publishing
 */

export function reelPost(at: HostedVideo): Publication<HostedVideoState> {
  return {
    begin: () => NO_VIDEO_YET,
    next: (state, _draft, now) => nextVideoStep(state, now),

    async run(step, state, io) {
      if (step.effect !== "visible") return prepareVideo(at, step, state, io);
      const { text } = io.draft;
      const description: Record<string, string> = text === "" ? {} : { description: text };
      return finishVideo(at, { video_state: "PUBLISHED", ...description }, state, io);
    },

    settle(state, armed, io) {
      const { videoId } = uploadOf(state);
      const fresh = { ...NO_VIDEO_YET, rebuilds: state.rebuilds };
      return settleVideo(at.graph, videoId, state, armed, io, fresh);
    },

    permalink: (platformPostId, io) => permalinkOf(at.graph, platformPostId, io),
  };
}
