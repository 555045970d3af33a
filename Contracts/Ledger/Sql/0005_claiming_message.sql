-- Which message a slice was claimed by. The broker's word that a delivery's former consumer is gone says something of the
-- owner only where the owner holds the slice by that very message.

ALTER TABLE migration.slice ADD COLUMN message_id uuid; -- of the latest claim; null: without a broker, or by an older worker
