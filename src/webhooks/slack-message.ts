import type { Told } from "./in-words.ts";

/** What a member is told, as Slack and what is compatible with it take it: `{text}`. */
export function slackMessage({ text, link }: Told): string {
  return JSON.stringify({ text: `${escaped(text)}\n${link}` });
}

/** By Slack's rules: no text of others becomes a link, or calls everybody. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
