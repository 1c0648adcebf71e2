/** A point in time, or a span of it, in milliseconds. Points count from the Unix epoch. */
export type Millis = number;

/** Reads the time. Passed in wherever time matters, so that tests decide what it is. */
export type Clock = () => Millis;

export const SECOND: Millis = 1_000;
export const MINUTE: Millis = 60 * SECOND;
export const HOUR: Millis = 60 * MINUTE;
export const DAY: Millis = 24 * HOUR;

/** The real time. */
export const systemClock: Clock = () => Date.now();
