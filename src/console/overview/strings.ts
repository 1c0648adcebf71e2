/** What the overview says. */
export const OVERVIEW = {
  title: "Overview",
  lead: (zone: string) => `The last 30 days and the next 7, on the clocks of ${zone}.`,
  totals: { title: "Posts", lead: "All there are, by status." },
  days: {
    title: "Posts by day",
    lead: "By the day that they are scheduled for.",
    alt: "Posts by day and status",
    today: "Today",
  },
  groups: { ok: "Published", bad: "Not, or not wholly, published", info: "To come", calm: "Canceled" },
  success: {
    title: "Success",
    lead: "Of the posts that have ended, those that are published wholly.",
    alt: "Share of posts that are published wholly, by day",
    none: "No post has ended yet.",
  },
  lateness: {
    title: "Lateness",
    lead: "From a post's time until it is public, of the last thousand posts.",
    alt: "Lateness by day",
    none: "Nothing became public yet.",
  },
  webhooks: {
    title: "Webhooks",
    lead: "From an event until an endpoint has taken it, of the last thousand deliveries to each.",
    alt: "Latency of webhooks by day",
    none: "No endpoint has taken an event yet, or the test clock was moved.",
  },
  p50: "Half within",
  p99: "99 of 100 within",
  upTo: (top: string) => `up to ${top}`,
  count: (count: number) => `of ${count}`,
  table: "As a table",
  day: "Day",
  empty: {
    title: "There are no posts yet",
    write: "Write a post",
    read: "Posts that are written here, or come by the API, are counted on this page.",
    accounts: "Connect an account first",
  },
} as const;
