import type { PostKind } from "../../platforms/sandbox/store.ts";

/** What people call the kinds of post. */
export const KIND_NAMES: Readonly<Record<PostKind, string>> = {
  text: "Text",
  link: "Link",
  photo: "Photo",
  photos: "Photos",
  video: "Video",
  reel: "Reel",
  story: "Story",
  image: "Image",
  carousel: "Carousel",
};

/** What the sandbox feed says. */
export const FEED = {
  title: "Sandbox feed",
  lead: "What followers of your sandbox accounts would see, newest first. Nobody but you does.",
  live: "The sandbox belongs to test mode",
  liveLead: "In live mode posts go to the platforms themselves.",
  toTest: "To the sandbox feed",
  none: "Nothing is public yet",
  noneLead: "Publish a post to an account of the sandbox, and it shows up here.",
  sent: (type: string) => `A ${type} whose bytes were sent to the platform.`,
  noAlt: "A picture without a description",
  permalink: "Permalink",
  comments: "Comments",
  done: { cleared: "The feed is cleared.", moved: "The clock is moved. What is due by now goes out." },
  clear: {
    title: "Clear the feed",
    lead: "Removes everything that is public in the sandbox. Posts that were published stay published.",
    button: "Clear",
    question: "Remove everything that is public in the sandbox?",
    confirm: "Yes, clear",
  },
  clock: {
    title: "The clock of test mode",
    lead: "Test posts live by it. Move it ahead, and what is due by then goes out at once. It never goes back.",
    now: "It is",
    by: "Move it ahead by",
    unit: "Unit",
    units: { minutes: "Minutes", hours: "Hours", days: "Days" },
    button: "Move",
  },
} as const;
