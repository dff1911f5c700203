import { originOf } from './origins.ts';
import { ApiError, type ProjectAccess } from './request.ts';

/** The time of Google's servers in milliseconds, to the second. Needs no credentials. @throws ApiError */
export async function readServerTime({
  deadlineMs = 10_000,
}: Pick<ProjectAccess, 'deadlineMs'>): Promise<number> {
  const url = originOf('firebase');
  try {
    const response = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    });
    const time = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(time)) return time;
  } catch (cause) {
    throw new ApiError(`${url}: does not answer`, undefined, cause);
  }
  throw new ApiError(`${url}: the answer has no time`);
}
