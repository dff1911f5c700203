import assert from 'node:assert/strict';
import { AUTH_HOST, PASSWORD, PROJECT } from './emulator.ts';

/**
 * SMS factors of Identity Platform in the Auth emulator, by the requests that the client SDKs send: in Node, the web SDK has no
 * phone numbers. https://cloud.google.com/identity-platform/docs/reference/rest
 */

export const PHONE = '+15555550100';

// The tests say what the answer should be.
type Answer = Readonly<Record<string, unknown>> & { readonly error?: { readonly message: string } };

async function post(method: string, body: object): Promise<Answer> {
  const url = `http://${AUTH_HOST}/identitytoolkit.googleapis.com/${method}?key=emulator`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}

/** Signs in with the password. With a factor, the answer has `mfaPendingCredential` and no token. */
export const signInWithPassword = (email: string) =>
  post('v1/accounts:signInWithPassword', { email, password: PASSWORD, returnSecureToken: true });

/** @returns the code of the last SMS that the emulator would have sent. */
export async function sentCode(): Promise<string> {
  const response = await fetch(`http://${AUTH_HOST}/emulator/v1/projects/${PROJECT}/verificationCodes`);
  const { verificationCodes } = (await response.json()) as { verificationCodes: { code: string }[] };
  return verificationCodes.at(-1)?.code ?? assert.fail('no SMS');
}

function textOf(value: unknown, name: string): string {
  const text: unknown = Object(value)[name];
  return typeof text === 'string' ? text : assert.fail(`no ${name} in ${JSON.stringify(value)}`);
}

/** Enrols the phone as second factor. @returns the new ID token */
export async function enrolPhone(idToken: string): Promise<string> {
  const started = await post('v2/accounts/mfaEnrollment:start', {
    ...{ idToken, phoneEnrollmentInfo: { phoneNumber: PHONE } },
  });
  const sessionInfo = textOf(started.phoneSessionInfo, 'sessionInfo');
  const phoneVerificationInfo = { sessionInfo, code: await sentCode() };
  return textOf(
    await post('v2/accounts/mfaEnrollment:finalize', { idToken, phoneVerificationInfo }),
    'idToken',
  );
}

/** Signs in with password and SMS. @param code in place of the one that was sent */
export async function signInWithPhone(email: string, code?: string): Promise<Answer> {
  const pending = await signInWithPassword(email);
  const mfaPendingCredential = textOf(pending, 'mfaPendingCredential');
  const [factor] = pending.mfaInfo as readonly object[];
  const started = await post('v2/accounts/mfaSignIn:start', {
    ...{ mfaPendingCredential, mfaEnrollmentId: textOf(factor, 'mfaEnrollmentId'), phoneSignInInfo: {} },
  });
  const sessionInfo = textOf(started.phoneResponseInfo, 'sessionInfo');
  const phoneVerificationInfo = { sessionInfo, code: code ?? (await sentCode()) };
  return post('v2/accounts/mfaSignIn:finalize', { mfaPendingCredential, phoneVerificationInfo });
}
