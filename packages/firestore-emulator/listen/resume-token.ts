import { randomBytes } from 'node:crypto';
import type { Micros } from '../time.ts';

/** Moments of an earlier run mean nothing to this one, so a token carries whose it is. */
const RUN = randomBytes(8);

/** What a client hands back after a broken connection, to hear only of what has changed since. */
export function toResumeToken(at: Micros): Buffer {
  const moment = Buffer.alloc(8);
  moment.writeBigUInt64BE(BigInt(at));
  return Buffer.concat([RUN, moment]);
}

/** The moment in a token, or undefined if it is not one of this run's. */
export function fromResumeToken(token: Buffer): Micros | undefined {
  if (token.length !== 16 || !token.subarray(0, 8).equals(RUN)) return undefined;
  return Number(token.readBigUInt64BE(8));
}
