-- Version 4: what is forgotten is found by its time.
CREATE INDEX requests_by_time ON requests (at);
