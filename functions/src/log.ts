import { write } from 'firebase-functions/logger';
import { createLog, type Log } from './log-lines.ts';

export type { Log } from './log-lines.ts';

/** For Cloud Logging. */
export const structuredLog: Log = createLog(write);
