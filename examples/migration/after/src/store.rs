//! Rooms and bookings, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// Clones share what is in it.
#[derive(Debug, Clone, Default)]
pub struct Store(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    rooms: BTreeMap<u32, Room>,
    bookings: BTreeMap<u32, Booking>,
    last: u32,
    disk_is_full: bool,
    maintenance: bool,
}

/// A room.
#[derive(Debug, Clone, Serialize)]
pub struct Room {
    id: u32,
    name: String,
    seats: u32,
}

/// Some hours of a room.
#[derive(Debug, Clone, Serialize)]
pub struct Booking {
    id: u32,
    room: u32,
    #[serde(flatten)]
    slot: Slot,
    confirmed: bool,
    cancelled: bool,
}

/// When, and for how many; hours since the beginning of the year.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Slot {
    from: u32,
    to: u32,
    guests: u32,
}

/// What the disk says, with the path that it says it of.
#[derive(Debug, thiserror::Error)]
#[error("no space left on /var/lib/rooms/journal")]
pub struct DiskError;

const ROOMS: usize = 100;
const NAME: usize = 40;
const HOURS: u32 = 8;

impl Store {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nothing can be written.
    pub fn fill_disk(&self) {
        self.lock().disk_is_full = true;
    }

    /// From now on nobody is served.
    pub fn begin_maintenance(&self) {
        self.lock().maintenance = true;
    }

    /// May this key do it?
    pub fn authorize(&self, key: Option<&str>, writes: bool) -> Result<(), AppError> {
        if self.lock().maintenance {
            return Err(AppError::Maintenance);
        }
        match key.ok_or(AppError::KeyMissing)? {
            "reader" if writes => Err(AppError::KeyIsReadOnly),
            "reader" | "writer" => Ok(()),
            "expired" => Err(AppError::KeyExpired),
            _ => Err(AppError::KeyUnknown),
        }
    }

    /// All rooms.
    pub fn rooms(&self) -> Vec<Room> {
        self.lock().rooms.values().cloned().collect()
    }

    /// One of them.
    pub fn room(&self, id: u32) -> Result<Room, AppError> {
        self.lock().rooms.get(&id).cloned().ok_or(AppError::RoomNotFound)
    }

    /// A new one.
    pub fn create_room(&self, name: String, seats: u32) -> Result<Room, AppError> {
        if name.is_empty() {
            return Err(AppError::NameMissing);
        }
        if name.chars().count() > NAME {
            return Err(AppError::NameTooLong);
        }
        if seats == 0 {
            return Err(AppError::NoSeats);
        }
        let mut inner = self.lock();
        if inner.rooms.len() == ROOMS {
            return Err(AppError::TooManyRooms);
        }
        if inner.rooms.values().any(|room| room.name == name) {
            return Err(AppError::NameTaken);
        }
        let room = Room { id: inner.id()?, name, seats };
        inner.rooms.insert(room.id, room.clone());
        Ok(room)
    }

    /// Away with it.
    pub fn delete_room(&self, id: u32) -> Result<(), AppError> {
        let mut inner = self.lock();
        if inner.bookings.values().any(|booking| booking.room == id && !booking.cancelled) {
            return Err(AppError::RoomIsBooked);
        }
        inner.rooms.remove(&id).map(drop).ok_or(AppError::RoomNotFound)
    }

    /// What is booked of a room.
    pub fn bookings(&self, room: u32) -> Result<Vec<Booking>, AppError> {
        self.room(room)?;
        Ok(self.lock().bookings.values().filter(|booking| booking.room == room).cloned().collect())
    }

    /// Books it.
    pub fn book(&self, room: u32, slot: Slot) -> Result<Booking, AppError> {
        let seats = self.room(room)?.seats;
        if slot.to <= slot.from {
            return Err(AppError::EndsBeforeStart);
        }
        if slot.to - slot.from > HOURS {
            return Err(AppError::BookingTooLong);
        }
        if slot.guests > seats {
            return Err(AppError::TooManyGuests { seats });
        }
        let mut inner = self.lock();
        let overlaps = |other: &Booking| {
            other.room == room && !other.cancelled && other.slot.from < slot.to && slot.from < other.slot.to
        };
        if inner.bookings.values().any(overlaps) {
            return Err(AppError::SlotTaken);
        }
        let booking = Booking { id: inner.id()?, room, slot, confirmed: false, cancelled: false };
        inner.bookings.insert(booking.id, booking.clone());
        Ok(booking)
    }

    /// Makes it sure.
    pub fn confirm(&self, id: u32) -> Result<Booking, AppError> {
        let mut inner = self.lock();
        let booking = inner.booking(id)?;
        if booking.confirmed {
            return Err(AppError::AlreadyConfirmed);
        }
        booking.confirmed = true;
        Ok(booking.clone())
    }

    /// Gives the hours back.
    pub fn cancel(&self, id: u32) -> Result<(), AppError> {
        self.lock().booking(id)?.cancelled = true;
        Ok(())
    }
}

impl Inner {
    fn id(&mut self) -> Result<u32, DiskError> {
        if self.disk_is_full {
            return Err(DiskError);
        }
        self.last += 1;
        Ok(self.last)
    }

    /// One that is in force.
    fn booking(&mut self, id: u32) -> Result<&mut Booking, AppError> {
        let booking = self.bookings.get_mut(&id).ok_or(AppError::BookingNotFound)?;
        if booking.cancelled {
            return Err(AppError::BookingCancelled);
        }
        Ok(booking)
    }
}
