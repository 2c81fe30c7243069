import { type OfferedOrder, orderText } from '../order-texts.js';
import type { ClusterView } from '../view.js';

/** Buttons for what is offered, each of which opens the dialog for its order. */
export function OrderButtons({
  view: { name, rollout },
  offers,
}: {
  view: Pick<ClusterView, 'name' | 'rollout'>;
  offers: readonly OfferedOrder[];
}) {
  return (
    <p class="buttons">
      {offers.map((offer) => (
        <OrderButton cluster={name} offer={offer} isRunning={rollout?.running === true} />
      ))}
    </p>
  );
}

function OrderButton({
  cluster,
  offer,
  isRunning,
}: {
  cluster: string;
  offer: OfferedOrder;
  isRunning: boolean;
}) {
  const { order, instance, quarantine, all } = offer;
  const { button, follows } = orderText(offer, isRunning);
  const subject = instance ?? cluster;
  const key = [order, instance, quarantine, all && 'all'].filter(Boolean).join('-');
  return (
    <button
      type="button"
      id={`order-${key}`}
      class={order === 'cancel' ? 'danger' : undefined}
      data-order={JSON.stringify(offer)}
      data-cluster={cluster}
      data-title={`${button}: ${subject}`}
      data-button={button}
      data-follows={follows}
      aria-haspopup="dialog"
    >
      {button}
      <span class="unseen"> {subject}</span>…
    </button>
  );
}
