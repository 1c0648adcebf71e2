/** A line for each step: what it is about, and what was found or done. */
export function say(step: string, outcome: string): void {
  console.log(`${step.padEnd(11)} ${outcome}`);
}
