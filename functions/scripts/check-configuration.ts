import gatehouse from '../gatehouse.config.ts';
import { checkProduct, type ProductConfig } from '../src/product-config.ts';

/**
 * Checks the values in `gatehouse.config.ts` for production and for the emulator. `firebase deploy` sets GCLOUD_PROJECT;
 * otherwise it checks them for the project of the emulator.
 *
 * @throws ConfigError that names the path of each field that is wrong
 */
export function checkConfiguration(
  product: ProductConfig = gatehouse,
  projectId = process.env.GCLOUD_PROJECT || undefined,
): void {
  checkProduct(product, projectId);
}
