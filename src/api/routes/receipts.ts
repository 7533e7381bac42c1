import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { routes } from '../../contract/routes.ts';
import { defined } from '../defined.ts';
import { pageRequest, presentPage } from '../page.ts';
import { filterIds } from '../filters.ts';
import type { ApiParts } from '../parts.ts';
import { bundleReference } from '../presenters/bundle.ts';
import { presentReceipt } from '../presenters/deployment.ts';
import { at } from '../route-options.ts';

export const receiptRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  app.route({
    ...at(routes.listReceipts),
    handler: async ({ query }) => {
      const filter = {
        ...(await filterIds(parts, query)),
        ...defined({ deploymentId: query.deployment }),
      };
      const page = await parts.store.receipts.list({ ...pageRequest(query), ...filter });
      const references = new Map<number, string>();
      for (const bundleId of new Set(page.items.map((receipt) => receipt.bundleId))) {
        const bundle = await parts.store.bundles.get(bundleId);
        if (bundle) references.set(bundleId, bundleReference(bundle.name, bundle.version));
      }
      return presentPage(page, (receipt) => presentReceipt(receipt, references.get(receipt.bundleId)));
    },
  });
  done();
};
