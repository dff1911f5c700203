/** TOTP (RFC 6238) by `otplib`: SHA-1, 6 digits, steps of 30 seconds, as every authenticator app has it. */

export const STEP_SECONDS = 30;

interface Account {
  /** Of the product. */
  readonly issuer: string;
  /** Of the user, e.g. the e-mail address. */
  readonly label: string;
}

/** A new secret, and how an authenticator app gets it. */
export interface TotpSecret {
  /** Base32 (RFC 4648 §6), 160 bits. */
  readonly secret: string;
  /** `otpauth://totp/…` (https://github.com/google/google-authenticator/wiki/Key-Uri-Format). */
  readonly uri: string;
  /** QR code of the URI, as SVG. */
  readonly qr: string;
}

export async function generateTotp({ issuer, label }: Account): Promise<TotpSecret> {
  const [{ generateSecret, generateURI }, { renderSVG }] = await Promise.all([
    import('otplib'),
    import('uqr'),
  ]);
  const secret = generateSecret();
  const uri = generateURI({ issuer, label, secret });
  return { secret, uri, qr: renderSVG(uri) };
}

/**
 * Finds the time step that a code belongs to: the current one, the one before or the one after (RFC 6238 §5.2, §6).
 *
 * @param secret base32
 * @param now seconds since the epoch
 * @returns undefined for a wrong code
 */
export async function findTimeStep(secret: string, code: string, now: number): Promise<number | undefined> {
  const { verify } = await import('otplib');
  const result = await verify({ secret, token: code, epoch: now, epochTolerance: STEP_SECONDS });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}
