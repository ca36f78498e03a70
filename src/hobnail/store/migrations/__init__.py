"""Steps from one schema of the store to the next, run by `hobnail.store.database` when a store is opened."""
