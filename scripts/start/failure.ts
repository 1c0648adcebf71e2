/** Why the start went wrong, in a sentence for whoever started it. */
export class Failure extends Error {
  override name = "Failure";
}
