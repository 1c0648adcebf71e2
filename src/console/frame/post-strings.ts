import type { PostStatus, TaskStatus } from "../../lib/vocabulary.ts";

/*
 * What several groups of pages say of posts.
 */

export const POST_STATUS_NAMES: Readonly<Record<PostStatus | TaskStatus, string>> = {
  awaiting_approval: "Awaiting approval",
  queued: "Scheduled",
  publishing: "Publishing",
  published: "Published",
  partially_published: "Partly published",
  failed: "Failed",
  unconfirmed: "Unconfirmed",
  canceled: "Canceled",
};

export const POST_WORDS = {
  noText: "No text",
  on: "On",
  media: (count: number) => (count === 1 ? "1 file" : `${count} files`),
  picture: (number: number, count: number) => (count === 1 ? "Picture" : `Picture ${number} of ${count}`),
  video: (number: number, count: number) => (count === 1 ? "Video" : `Video ${number} of ${count}`),
  cover: "Cover of the reel",
  gone: "This file was deleted.",
  options: {
    type: "Kind",
    alt_text: "Description of the media",
    link: "Link",
    first_comment: "First comment",
    user_tags: "Tagged people",
    collaborators: "Collaborators",
    location_id: "Place",
    thumb_offset_ms: "Cover at",
    share_to_feed: "In the feed too",
  },
  kinds: { feed: "Post in the feed", reel: "Reel", story: "Story" },
  seconds: (count: number) => `${count} seconds`,
  yes: "Yes",
  no: "No",
} as const;
