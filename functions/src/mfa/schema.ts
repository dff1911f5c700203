import * as z from 'zod';
import { toRfc3339 } from '../core/time.ts';
import { factor, toFactorView } from '../passkeys/index.ts';
import type { Factor } from './factors.ts';

/** A code of an authenticator app, as a person types it. */
export const totpCode = z
  .string()
  .max(16)
  .meta({ description: 'The six digits that the authenticator app shows.', examples: ['492039'] })
  .transform((text) => text.replaceAll(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'Send the six digits of the authenticator app.'));

export const recoveryCode = z
  .string()
  .min(24)
  .max(60)
  .meta({ description: 'One of the recovery codes.', examples: ['7Q2M-0XKD-9VTA-4HNR-C3WE-8ZGP'] });

const recoveryCodes = z
  .array(z.string().meta({ examples: ['7Q2M-0XKD-9VTA-4HNR-C3WE-8ZGP'] }))
  .readonly()
  .meta({ description: 'Shown once. Each replaces a second factor once.' });

export const startedTotp = z.object({
  id: z.string(),
  secret: z.string().meta({
    description: 'Base32, to be typed where no QR code can be read.',
    examples: ['JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
  }),
  uri: z.string().meta({
    description: 'For authenticator apps.',
    examples: [
      'otpauth://totp/My%20product:ann@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=My%20product',
    ],
  }),
  qr: z.string().meta({
    description: 'QR code of `uri`, as SVG.',
    examples: ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 39 39">…</svg>'],
  }),
});

export const confirmedTotp = z.object({
  factor,
  recoveryCodes: recoveryCodes.optional(),
});

export const newRecoveryCodes = z.object({ recoveryCodes });

export const factorList = z.object({
  factors: z.array(factor).readonly(),
  recoveryCodesLeft: z.int().meta({ description: 'Recovery codes that are not used yet.' }),
});

/** A factor, as its user sees it. */
export function toView(shown: Factor): z.input<typeof factor> {
  if (shown.kind === 'passkey') return toFactorView(shown);
  const { id, kind, name, created, lastUsed } = shown;
  const used = lastUsed === undefined ? undefined : toRfc3339(lastUsed);
  return { id, kind, name, created: toRfc3339(created), lastUsed: used };
}
