import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { AppError, type ErrorCode } from '../../src/core/errors.ts';

/** The {@link AppError} that `attempt` throws or rejects with. Fails when it succeeds; rethrows any other error. */
export async function refusalOf(attempt: () => unknown): Promise<AppError> {
  let value: unknown;
  try {
    value = await attempt();
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  assert.fail(`was not refused but returned ${inspect(value)}`);
}

/** @param reason refusal reason or log detail; needed where several checks could refuse with the same code */
export async function assertRefused(
  attempt: () => unknown,
  code: ErrorCode,
  reason?: string | RegExp,
): Promise<AppError> {
  const error = await refusalOf(attempt);
  assert.equal(error.code, code, `${error.code} (${error.reason ?? error.message}) instead of ${code}`);
  const said: readonly unknown[] = [error.reason, error.logDetail];
  if (reason instanceof RegExp)
    assert.ok(
      said.some((text) => reason.test(String(text))),
      `${said} is not ${reason}`,
    );
  else if (reason !== undefined) assert.ok(said.includes(reason), `${said} is not ${reason}`);
  return error;
}
