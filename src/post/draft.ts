import type { MediaRow } from "../db/media.ts";
import type { Draft, DraftMedia } from "../platforms/platform.ts";

/*
 * What a platform is asked to publish, made from what a post says.
 */

/** What a post says, as it is stored. */
export interface Content {
  text: string;
  mediaIds: string[];
  /** The options of the draft's platform. */
  options: Draft["options"];
}

/** All media that a draft is made of. */
export function mediaOf({ mediaIds, options }: Content): string[] {
  return typeof options.cover_media === "string" ? [...mediaIds, options.cover_media] : mediaIds;
}

/** The draft of a post: its platform's own text where it has one, its media in order, and those that options name. */
export function postDraft({ text, mediaIds, options }: Content, media: MediaRow[]): Draft {
  const inOrder = mediaIds.flatMap((id) => media.find((row) => row.id === id) ?? []);
  const others = media.filter((row) => !mediaIds.includes(row.id));
  return {
    text: typeof options.content === "string" ? options.content : text,
    media: inOrder.map(draftMedia),
    attachments: others.map(draftMedia),
    options,
    parentId: null,
  };
}

/** The draft of the comment under a public post. */
export function commentDraft({ options }: Content, parentId: string | null): Draft {
  const text = typeof options.first_comment === "string" ? options.first_comment : "";
  return { text, media: [], attachments: [], options: {}, parentId };
}

/** What a platform is told of stored media. */
function draftMedia(row: MediaRow): DraftMedia {
  const { id, mimeType, bytes, width, height, durationMs, frameRate } = row;
  const { videoCodec, audioCodec, fastStart, colorSpace } = row;
  return { id, mimeType, bytes, width, height, durationMs, frameRate, videoCodec, audioCodec, fastStart, colorSpace };
}
