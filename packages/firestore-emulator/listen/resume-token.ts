import { randomBytes } from 'node:crypto';
import type { Micros } from '../time.ts';

/** Identifies this process: resume tokens of an earlier one are not valid, because it has none of the earlier versions. */
const RUN = randomBytes(8);

/** A client sends the token after a reconnect to get only the changes since `at`. */
export function toResumeToken(at: Micros): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(at));
  return Buffer.concat([RUN, time]);
}

/** The time in a token, or `undefined` if another process issued it. */
export function fromResumeToken(token: Buffer): Micros | undefined {
  if (token.length !== 16 || !token.subarray(0, 8).equals(RUN)) return undefined;
  return Number(token.readBigUInt64BE(8));
}
