import { randomUUID } from 'node:crypto';
import type { Response } from 'express';

/** Our own id for every request, never the caller's: it names log lines. */
export function assignRequestId(res: Response): string {
  const id = randomUUID();
  res.locals.requestId = id;
  return id;
}

export function requestId(res: Response): string {
  const id: unknown = res.locals.requestId;
  return typeof id === 'string' ? id : '';
}
