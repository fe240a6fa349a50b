//! A channel that is bounded by the bytes that wait in it, besides their number: 1 024 events may be
//! 1 024 frames of 8 MiB.

use std::sync::Arc;

use tokio::sync::mpsc::error::{SendError, TryRecvError, TrySendError};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

/// What waits, and what it weighs.
pub trait Weigh {
    /// How many bytes a peer made it take, besides a few hundred that everything takes.
    fn weight(&self) -> usize;
}

/// What all of a channel shares.
#[derive(Debug)]
struct Scales {
    room: Semaphore,
    most: u32,
}

impl Scales {
    /// One thing alone always has room, however heavy.
    fn charge(&self, weight: usize) -> u32 {
        u32::try_from(weight).unwrap_or(u32::MAX).min(self.most)
    }

    fn give_back(&self, weight: usize) {
        self.room.add_permits(self.charge(weight) as usize);
    }
}

/// The end that things go in at.
#[derive(Debug)]
pub struct Sender<T> {
    to: mpsc::Sender<T>,
    scales: Arc<Scales>,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { to: self.to.clone(), scales: Arc::clone(&self.scales) }
    }
}

/// The end that they come out of.
#[derive(Debug)]
pub struct Receiver<T: Weigh> {
    from: mpsc::Receiver<T>,
    scales: Arc<Scales>,
}

/// Room for one thing of a weight, or of less.
#[derive(Debug)]
pub struct Permit<'s, T> {
    place: mpsc::Permit<'s, T>,
    room: SemaphorePermit<'s>,
    scales: &'s Scales,
}

/// A channel for so many things, that may weigh so much together.
#[must_use]
pub fn channel<T: Weigh>(count: usize, bytes: u32) -> (Sender<T>, Receiver<T>) {
    let (to, from) = mpsc::channel(count);
    let scales = Arc::new(Scales { room: Semaphore::new(bytes as usize), most: bytes });
    (Sender { to, scales: Arc::clone(&scales) }, Receiver { from, scales })
}

impl<T: Weigh> Sender<T> {
    /// Sends it where there is room at once.
    ///
    /// # Errors
    /// There is none, or nobody receives any more: here it is again.
    pub fn try_send(&self, thing: T) -> Result<(), TrySendError<T>> {
        let Ok(room) = self.scales.room.try_acquire_many(self.scales.charge(thing.weight())) else {
            return Err(if self.is_closed() {
                TrySendError::Closed(thing)
            } else {
                TrySendError::Full(thing)
            });
        };
        self.to.try_send(thing)?;
        room.forget();
        Ok(())
    }

    /// Waits for room, and sends it.
    ///
    /// # Errors
    /// Nobody receives any more: here it is again.
    pub async fn send(&self, thing: T) -> Result<(), SendError<T>> {
        let thing = match self.try_send(thing) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Closed(thing)) => return Err(SendError(thing)),
            Err(TrySendError::Full(thing)) => thing,
        };
        match self.reserve(thing.weight()).await {
            Ok(permit) => {
                permit.send(thing);
                Ok(())
            }
            Err(_) => Err(SendError(thing)),
        }
    }

    /// Waits for room for a thing of this weight. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// Nobody receives any more.
    pub async fn reserve(&self, weight: usize) -> Result<Permit<'_, T>, SendError<()>> {
        let charge = self.scales.charge(weight);
        let room = self.scales.room.acquire_many(charge).await.map_err(|_| SendError(()))?;
        let place = self.to.reserve().await?;
        Ok(Permit { place, room, scales: &self.scales })
    }

    /// Whether nobody receives any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.to.is_closed()
    }

    /// How many bytes wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        (self.scales.most as usize).saturating_sub(self.scales.room.available_permits())
    }

    /// How many things wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.to.max_capacity() - self.to.capacity()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Weigh> Permit<'_, T> {
    /// Sends a thing that weighs no more than there is room for.
    pub fn send(mut self, thing: T) {
        let charge = self.scales.charge(thing.weight());
        debug_assert!(charge as usize <= self.room.num_permits(), "heavier than was said");
        if let Some(taken) = self.room.split(charge as usize) {
            taken.forget();
        }
        self.place.send(thing);
    }
}

impl<T: Weigh> Receiver<T> {
    fn took(&self, thing: &T) {
        self.scales.give_back(thing.weight());
    }

    /// The next one; `None` once nobody sends any more.
    pub async fn recv(&mut self) -> Option<T> {
        let thing = self.from.recv().await?;
        self.took(&thing);
        Some(thing)
    }

    /// As [`Self::recv`], up to so many of those that are there; how many.
    pub async fn recv_many(&mut self, into: &mut Vec<T>, most: usize) -> usize {
        let before = into.len();
        let count = self.from.recv_many(into, most).await;
        into[before..].iter().for_each(|thing| self.took(thing));
        count
    }

    /// The next one, where it is there.
    ///
    /// # Errors
    /// It is not there, or nobody sends any more.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let thing = self.from.try_recv()?;
        self.took(&thing);
        Ok(thing)
    }

    /// Lets nothing more in; what is there can still be taken.
    pub fn close(&mut self) {
        self.from.close();
        self.scales.room.close();
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.from.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.is_empty()
    }
}

impl<T: Weigh> Drop for Receiver<T> {
    /// Who waits for room must not wait for ever.
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[derive(PartialEq, Debug)]
    struct Heavy(usize);

    impl Weigh for Heavy {
        fn weight(&self) -> usize {
            self.0
        }
    }

    #[tokio::test]
    async fn few_heavy_things_wait_or_many_light_ones() {
        let (to, mut from) = channel(10, 100);
        for _ in 0..5 {
            to.try_send(Heavy(20)).unwrap();
        }
        assert!(matches!(to.try_send(Heavy(1)), Err(TrySendError::Full(Heavy(1)))));
        to.try_send(Heavy(0)).unwrap();
        assert_eq!(from.recv().await, Some(Heavy(20)));
        to.try_send(Heavy(20)).unwrap();
        while from.try_recv().is_ok() {}
        for _ in 0..10 {
            to.try_send(Heavy(1)).unwrap();
        }
        assert!(matches!(to.try_send(Heavy(0)), Err(TrySendError::Full(_))));
    }

    #[tokio::test]
    async fn one_that_is_heavier_than_all_room_goes_alone() {
        let (to, mut from) = channel(10, 100);
        to.try_send(Heavy(1)).unwrap();
        assert!(to.try_send(Heavy(1000)).is_err());
        assert_eq!(from.recv().await, Some(Heavy(1)));
        to.send(Heavy(1000)).await.unwrap();
        assert!(to.try_send(Heavy(1)).is_err());
        assert_eq!(from.recv().await, Some(Heavy(1000)));
        to.try_send(Heavy(100)).unwrap();
    }

    #[tokio::test]
    async fn room_that_is_not_used_is_given_back() {
        let (to, mut from) = channel(10, 100);
        to.reserve(100).await.unwrap().send(Heavy(10));
        drop(to.reserve(90).await.unwrap());
        to.try_send(Heavy(90)).unwrap();
        let (mut all, mut none) = (Vec::new(), Vec::new());
        assert_eq!(from.recv_many(&mut all, 10).await, 2);
        to.try_send(Heavy(100)).unwrap();
        from.close();
        assert_eq!(from.recv_many(&mut none, 10).await, 1);
    }

    #[tokio::test]
    async fn who_waits_for_room_does_not_wait_for_a_reader_that_is_gone() {
        let (to, from) = channel(10, 100);
        to.try_send(Heavy(100)).unwrap();
        let mut waits = pin!(to.send(Heavy(1)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        drop(from);
        assert!(waits.await.is_err() && to.is_closed());
    }
}
